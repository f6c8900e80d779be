-- A job ends: the first end counts, and only from the try that holds it (a worker that slept through its lease
-- comes too late).
-- ARGV id, ending, news, keep_ms, holder ('' for anyone), took_ms ('' if nobody knows)
-- Returns 1 if this is the end that counts, else 0
local facts = redis.call('HMGET', K.RECORD .. ARGV[1], 'state', 'holder')
if not facts[1] or facts[1] == 'ended' then return 0 end
if ARGV[5] ~= '' and facts[2] ~= ARGV[5] then return 0 end
close(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[6])
return 1
