-- A trick and all about it goes. Sent again, because the answer was lost, it changes nothing.
-- ARGV name, its version, what the name looks like
-- Returns 1 if it is gone, 0 if it is not as it was seen
local name = ARGV[1]
local raw = redis.call('HGET', K.TRICKS, name)
if not raw then return 1 end
local trick = cjson.decode(raw)
if (trick.version or 1) ~= tonumber(ARGV[2]) then return 0 end
redis.call('HDEL', K.TRICKS, name)
if redis.call('HGET', K.TRICK_LOOKS, ARGV[3]) == name then redis.call('HDEL', K.TRICK_LOOKS, ARGV[3]) end
for _, what in ipairs({'up:', 'down:', 'uses:', 'reports:'}) do redis.call('HDEL', K.TRICK_COUNTS, what .. name) end
if trick.author and trick.state ~= 'merged' then
  redis.call('HINCRBY', K.TRICK_COUNTS, 'has:' .. trick.author.id, -1)
end
redis.call('HDEL', K.TRICK_MEASURED, name)
redis.call('DEL', K.TRICK_VOTES .. name, K.TRICK_REPORTS .. name)
redis.call('INCR', K.TRICKS_CHANGED)
keep(K.TRICKS_CHANGED)
return 1
