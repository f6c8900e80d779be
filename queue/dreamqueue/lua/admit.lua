-- A job comes in: refuse it if too many wait, else store it, give it its fair place and hand it to arq.
-- Start-time fair queueing (Goyal, Vin, Cheng 1996): a job starts, in virtual time, when its lane is there or
-- when its owner's last job is paid for, whichever is later. Virtual time counts milliseconds of painting. A
-- lane is where all are, unless it lags behind: then whoever comes goes by its own time, so that nobody waits
-- behind a backlog that would have been painted long ago. Its lag is no credit against other lanes (pick.lua).
-- (arq takes a score of 0 for a job that is gone, so bands begin at 1e11.)
-- ARGV id, job, owner, cost_ms, weight, band, max_waiting, scopes, shown, reply, lane, needs, payload,
--      lives_ms, now
-- Returns {"ok", score}, {"full", waiting}, {"waiting", index of the scope, has}, {"day", index, has} or
-- {"drained", the halt} while moderators let nothing in
-- Sent again, because the answer was lost, it changes nothing.
local id, owner, cost, lane = ARGV[1], ARGV[3], tonumber(ARGV[4]), ARGV[11]
local record, created = K.RECORD .. id, clock(ARGV[15])
local day = day_of(created)
local before = redis.call('HGET', record, 'score')
if before then return {'ok', before} end
local stands = halts(created)
if stands and stands['drain'] then return {'drained', stands['drain']} end
local waiting = redis.call('ZCARD', K.WAITING)
if waiting >= tonumber(ARGV[7]) then return {'full', tostring(waiting)} end
for index, scope in ipairs(cjson.decode(ARGV[8])) do
  local has = redis.call('SCARD', K.HELD .. scope.name)
  if scope.waiting and has >= scope.waiting then return {'waiting', index, has} end
  local spent = tonumber(redis.call('GET', K.SPENT .. scope.name .. ':' .. day) or '0')
  if scope.day_ms and spent + cost > scope.day_ms then return {'day', index, whole(spent)} end
end
if waiting == 0 and redis.call('ZCARD', K.PAINTING) == 0 then redis.call('DEL', K.FAIR) end
local now, head = fair('lane:' .. lane), next_start(lane)
if not head then redis.call('HDEL', K.FAIR, 'shift:' .. lane) end
local shift = fair('shift:' .. lane)
if not head or head + shift >= fair('now') then now = math.max(now, fair('now') - shift) end
now = now + 1  -- so that of two newcomers the first goes first
redis.call('HSET', K.FAIR, 'lane:' .. lane, whole(now))
local start = math.max(now, fair('member:' .. owner))
redis.call('HSET', K.FAIR, 'member:' .. owner, whole(start + cost / tonumber(ARGV[5])))
keep(K.FAIR)
local score = whole((tonumber(ARGV[6]) + 1) * BAND + start)
redis.call('HSET', record, 'job', ARGV[2], 'state', 'waiting', 'tries', '0', 'score', score, 'cost', ARGV[4],
  'lane', lane, 'scopes', ARGV[8], 'day', day, 'created', whole(created), 'lives', ARGV[14], 'needs', ARGV[12])
if ARGV[10] ~= '' then redis.call('HSET', record, 'reply', ARGV[10]) end
redis.call('PEXPIRE', record, ARGV[14])
need(id, blobs(id), ARGV[14])
for _, scope in ipairs(cjson.decode(ARGV[8])) do
  redis.call('SADD', K.HELD .. scope.name, id)
  keep(K.HELD .. scope.name)
  redis.call('INCRBY', K.SPENT .. scope.name .. ':' .. day, ARGV[4])
  redis.call('PEXPIRE', K.SPENT .. scope.name .. ':' .. day, 48 * 3600 * 1000)
end
redis.call('ZADD', K.OPEN, created, id)
owned(owner, id, created)
came_of(ARGV[2], id)
redis.call('ZADD', K.WAITING, score, id)
redis.call('HSET', K.LANES, lane, ARGV[12])
redis.call('ZADD', K.LANE .. lane, score, id)
redis.call('SET', K.PAYLOAD .. id, ARGV[13], 'PX', ARGV[14])
redis.call('LPUSH', K.CAME, cjson.encode({
  at = created, lane = lane, cost = cost, band = tonumber(ARGV[6]), lead = start - now}))
redis.call('LTRIM', K.CAME, 0, 499)
for _, key in ipairs({K.CAME, K.OPEN, K.WAITING, K.LANES, K.LANE .. lane}) do keep(key) end
if ARGV[9] == '1' then
  redis.call('SADD', K.UNSHOWN, id)
  keep(K.UNSHOWN)
end
return {'ok', score}
