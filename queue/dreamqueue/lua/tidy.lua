-- Lanes in which no job is left are forgotten.
for _, lane in ipairs(redis.call('HKEYS', K.LANES)) do
  if redis.call('EXISTS', K.LANE .. lane) == 0 then redis.call('HDEL', K.LANES, lane) end
end
-- Members who are paid for up to now are as good as those who never came.
local now = tonumber(redis.call('HGET', K.FAIR, 'now') or '0')
local fair = redis.call('HGETALL', K.FAIR)
for at = 1, #fair, 2 do
  if string.sub(fair[at], 1, 7) == 'member:' and tonumber(fair[at + 1]) <= now then
    redis.call('HDEL', K.FAIR, fair[at])
  end
end
-- What was held aside for a time goes on; what is held without one is kept as long as anybody tidies.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', K.ASIDE, '-inf', clock(''), 'LIMIT', 0, 500)) do release(id) end
local ttl = redis.call('PTTL', K.ASIDE)
if ttl >= 0 and ttl < SEASON - 86400000 then keep(K.ASIDE) end
halts(clock(''))
-- Nobody waits for a limit that nothing takes up.
for _, id in ipairs(redis.call('ZRANGE', K.WAITING, 0, 499)) do
  for _, scope in ipairs(scopes(id)) do
    if redis.call('SCARD', K.RUNNING .. scope.name) == 0 then unpark(scope.name, 100) end
  end
end
return 1
