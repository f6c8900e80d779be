-- A job comes in: refuse it if too many wait, else store it and give it its fair place.
-- Start-time fair queueing (Goyal, Vin, Cheng 1996): a job starts, in virtual time, when the lane is there
-- or when its owner's last job is paid for, whichever is later. Virtual time counts milliseconds of painting.
-- KEYS record, open, waiting, fair, member, painting, unshown
-- (arq takes a score of 0 for a job that is gone, so bands begin at 1e10.)
-- ARGV id, job, created, owner, cost_ms, weight, band, max_waiting, max_member, shown, reply
-- Returns {"ok", score}, {"full", waiting} or {"member", waiting}
-- A job that is there already was handed over twice, because the answer got lost.
local known = redis.call('HGET', KEYS[1], 'score')
if known then return {'ok', known} end
local waiting = redis.call('ZCARD', KEYS[3])
if waiting >= tonumber(ARGV[8]) then return {'full', tostring(waiting)} end
local mine = redis.call('SCARD', KEYS[5])
if mine >= tonumber(ARGV[9]) then return {'member', tostring(mine)} end
if waiting == 0 and redis.call('ZCARD', KEYS[6]) == 0 then redis.call('DEL', KEYS[4]) end
local now = redis.call('HINCRBY', KEYS[4], 'now', 1)  -- so that of two newcomers the first goes first
local last = tonumber(redis.call('HGET', KEYS[4], 'member:' .. ARGV[4]) or '0')
local start = math.max(now, last)
redis.call('HSET', KEYS[4], 'member:' .. ARGV[4], string.format('%.0f', start + tonumber(ARGV[5]) / tonumber(ARGV[6])))
local score = string.format('%.0f', (tonumber(ARGV[7]) + 1) * 1e10 + start)
redis.call('HSET', KEYS[1], 'job', ARGV[2], 'state', 'waiting', 'tries', '0', 'score', score, 'cost', ARGV[5])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[3], score, ARGV[1])
redis.call('SADD', KEYS[5], ARGV[1])
if ARGV[11] ~= '' then redis.call('HSET', KEYS[1], 'reply', ARGV[11]) end
if ARGV[10] == '1' then redis.call('SADD', KEYS[7], ARGV[1]) end
return {'ok', score}
