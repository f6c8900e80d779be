-- A job that has ended is forgotten.
-- ARGV id, owner, server ('' for none)
-- Returns 1 if it was there and had ended, else 0
local record = K.RECORD .. ARGV[1]
if redis.call('HGET', record, 'state') ~= 'ended' then return 0 end
local parent = parent_of(redis.call('HGET', record, 'job'))
if parent then redis.call('SREM', K.CHILDREN .. parent, ARGV[1]) end
redis.call('DEL', record, K.CHILDREN .. ARGV[1])
redis.call('ZREM', K.JOBS .. ARGV[2], ARGV[1])
redis.call('SREM', K.UNSHOWN, ARGV[1])
redis.call('DEL', K.STARS .. ARGV[1])
redis.call('ZREM', K.STARRED, ARGV[1])
if ARGV[3] ~= '' then redis.call('ZREM', K.BEST .. ARGV[3], ARGV[1]) end
return 1
