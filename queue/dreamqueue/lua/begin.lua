-- A worker begins a job: once it is over it stays over, and one that wore out its workers is not begun again.
-- ARGV id, worker, max_tries, now
-- Returns {"go", tries, holder}, {"over", 0, ""}, {"worn", tries, ""} or {"unknown", 0, ""}
local id, record = ARGV[1], K.RECORD .. ARGV[1]
local facts = redis.call('HMGET', record, 'state', 'score', 'lane')
redis.call('DEL', K.CLAIM .. id)
if not facts[1] then return {'unknown', 0, ''} end
if facts[1] == 'ended' then return {'over', 0, ''} end
local tries = redis.call('HINCRBY', record, 'tries', 1)
if tries > tonumber(ARGV[3]) then return {'worn', tries, ''} end
local now, holder = clock(ARGV[4]), ARGV[2] .. '#' .. tries
if facts[1] == 'waiting' then
  local start = virtual(tonumber(facts[2]))
  for _, field in ipairs({'now', 'lane:' .. facts[3]}) do
    if start > tonumber(redis.call('HGET', K.FAIR, field) or '0') then
      redis.call('HSET', K.FAIR, field, whole(start))
    end
  end
  keep(K.FAIR)
  redis.call('ZREM', K.WAITING, id)
  for _, scope in ipairs(scopes(id)) do
    redis.call('SREM', K.HELD .. scope.name, id)
    redis.call('SADD', K.RUNNING .. scope.name, id)
    keep(K.RUNNING .. scope.name)
  end
end
redis.call('HSET', record, 'state', 'painting', 'worker', ARGV[2], 'started', whole(now), 'holder', holder)
redis.call('ZADD', K.PAINTING, now, id)
keep(K.PAINTING)
tell(cjson.encode({kind = 'started', job = id, worker = ARGV[2], tries = tries}))
return {'go', tries, holder}
