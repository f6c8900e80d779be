-- A worker begins a job: once it is over it stays over, and one that wore out its workers is not begun again.
-- Sent again with the same nonce, because the answer was lost, it changes nothing.
-- ARGV id, worker, max_tries, nonce, now
-- Returns {"go", tries, holder}, {"over", 0, ""}, {"worn", tries, ""}, {"unknown", 0, ""}, or {"later", 0, ""}
-- where a scope's running limit was reached, or a moderator halted or held it, since it was picked
local id, record = ARGV[1], K.RECORD .. ARGV[1]
local facts = redis.call('HMGET', record, 'state', 'score', 'lane', 'nonce', 'tries', 'holder', 'lives', 'held')
redis.call('DEL', K.CLAIM .. id)
if not facts[1] then return {'unknown', 0, ''} end
if facts[1] == 'ended' then return {'over', 0, ''} end
if facts[4] == ARGV[4] and facts[6] then return {'go', tonumber(facts[5]), facts[6]} end
if facts[1] == 'waiting'
  and (facts[8] or blocking(id) or halted(halts(clock(ARGV[5])), ARGV[2], facts[3])) then
  redis.call('DEL', K.LEASE .. id)
  return {'later', 0, ''}
end
local tries = redis.call('HINCRBY', record, 'tries', 1)
if tries > tonumber(ARGV[3]) then return {'worn', tries, ''} end
-- tries that did not count leave a gap, so that a holder's name never comes again
local now, holder = clock(ARGV[5]), ARGV[2] .. '#' .. redis.call('HINCRBY', record, 'begun', 1)
if facts[1] == 'waiting' then
  local start, lane = virtual(tonumber(facts[2])), 'lane:' .. facts[3]
  local common = start + fair('shift:' .. facts[3])
  if start > fair(lane) then redis.call('HSET', K.FAIR, lane, whole(start)) end
  if common > fair('now') then redis.call('HSET', K.FAIR, 'now', whole(common)) end
  keep(K.FAIR)
  redis.call('ZREM', K.WAITING, id)
  for _, scope in ipairs(scopes(id)) do
    redis.call('SREM', K.HELD .. scope.name, id)
    redis.call('SADD', K.RUNNING .. scope.name, id)
    keep(K.RUNNING .. scope.name)
  end
end
local checkpoint = redis.call('HGET', record, 'checkpoint')
local resumed = checkpoint and cjson.decode(checkpoint).step or 0
redis.call('HSET', record, 'state', 'painting', 'worker', ARGV[2], 'started', whole(now), 'holder', holder,
  'resumed', resumed, 'nonce', ARGV[4])
redis.call('HDEL', record, 'orphan')
redis.call('PEXPIRE', record, facts[7] or SEASON)
redis.call('ZADD', K.PAINTING, now, id)
keep(K.PAINTING)
local started = {kind = 'started', job = id, worker = ARGV[2], tries = tries}
if resumed > 0 then started.resumed = resumed end
tell(cjson.encode(started))
return {'go', tries, holder}
