-- Somebody answers an offer; the first answer counts, and an offer that is gone stays gone.
-- ARGV id, answer
-- Returns what was answered first, or nothing
local key = K.OFFER .. ARGV[1]
if redis.call('EXISTS', key) == 0 then return false end
redis.call('HSETNX', key, 'answer', ARGV[2])
return redis.call('HGET', key, 'answer')
