-- A job that has ended is forgotten.
-- ARGV id, owner, server ('' for none)
-- Returns the names in the album that no other job needs; nothing if it was not there or had not ended
local record = K.RECORD .. ARGV[1]
if redis.call('HGET', record, 'state') ~= 'ended' then return false end
local parent = parent_of(redis.call('HGET', record, 'job'))
if parent then redis.call('SREM', K.CHILDREN .. parent, ARGV[1]) end
local unused = {}
for name in pairs(blobs(ARGV[1])) do
  redis.call('SREM', K.USES .. name, ARGV[1])
  if redis.call('EXISTS', K.USES .. name) == 0 then unused[#unused + 1] = name end
end
redis.call('DEL', record, K.CHILDREN .. ARGV[1])
redis.call('ZREM', K.JOBS .. ARGV[2], ARGV[1])
redis.call('SREM', K.UNSHOWN, ARGV[1])
redis.call('DEL', K.STARS .. ARGV[1])
redis.call('ZREM', K.STARRED, ARGV[1])
if ARGV[3] ~= '' then redis.call('ZREM', K.BEST .. ARGV[3], ARGV[1]) end
return unused
