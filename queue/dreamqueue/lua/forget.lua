-- A job whose record is gone leaves its places.
-- ARGV id
if redis.call('EXISTS', K.RECORD .. ARGV[1]) == 1 then return 0 end
for _, key in ipairs({K.OPEN, K.WAITING, K.ASIDE, K.PAINTING}) do redis.call('ZREM', key, ARGV[1]) end
return 1
