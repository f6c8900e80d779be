-- A worker begins a job: once it is over it stays over, and one that wore out its workers is not begun again.
-- KEYS record, waiting, fair, member, painting, news
-- ARGV id, worker, now, max_tries
-- Returns {"go", tries}, {"over", 0}, {"worn", tries} or {"unknown", 0}
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return {'unknown', 0} end
if state == 'ended' then return {'over', 0} end
local tries = redis.call('HINCRBY', KEYS[1], 'tries', 1)
if tries > tonumber(ARGV[4]) then return {'worn', tries} end
if state == 'waiting' then
  local virtual = tonumber(redis.call('HGET', KEYS[1], 'score')) % 1e10
  local now = tonumber(redis.call('HGET', KEYS[3], 'now') or '0')
  if virtual > now then redis.call('HSET', KEYS[3], 'now', string.format('%.0f', virtual)) end
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('SREM', KEYS[4], ARGV[1])
end
local checkpoint = redis.call('HGET', KEYS[1], 'checkpoint')
local resumed = checkpoint and cjson.decode(checkpoint).step or 0
redis.call('HSET', KEYS[1], 'state', 'painting', 'worker', ARGV[2], 'started', ARGV[3], 'resumed', resumed)
redis.call('ZADD', KEYS[5], ARGV[3], ARGV[1])
local news = {kind = 'started', job = ARGV[1], worker = ARGV[2], tries = tries}
if resumed > 0 then news.resumed = resumed end
redis.call('XADD', KEYS[6], 'MAXLEN', '~', '10000', '*', 'news', cjson.encode(news))
return {'go', tries}
