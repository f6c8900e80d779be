-- A trick gets another name, or becomes part of another trick: votes, uses and reports go with it, and its
-- name means the other one from then on.
-- ARGV old name, what stays under it, new name, record under the new name ('' if it is there already),
--      old version, 1 if the old one is shipped, what the new name looks like, what the old name looks like
-- Returns {'moved'}, {'changed'} or {'taken', whose name it is}
local old, stub, new, record = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local raw = redis.call('HGET', K.TRICKS, old)
if raw == stub then return {'moved'} end
local known = raw and cjson.decode(raw).version or 1
if (not raw and ARGV[6] ~= '1') or known ~= tonumber(ARGV[5]) then return {'changed'} end
if record ~= '' then
  local other = redis.call('HGET', K.TRICK_LOOKS, ARGV[7])
  local there = redis.call('HGET', K.TRICKS, new)
  if there and cjson.decode(there).into ~= old then return {'taken', new} end
  if other and other ~= old and other ~= new then return {'taken', other} end
  redis.call('HSET', K.TRICKS, new, record)
end
local target = redis.call('HGET', K.TRICKS, new)
local author = target and cjson.decode(target).author
local from, to = K.TRICK_VOTES .. old, K.TRICK_VOTES .. new
local given = redis.call('HGETALL', from)
for i = 1, #given, 2 do
  if not (author and author.id == given[i]) and redis.call('HSETNX', to, given[i], given[i + 1]) == 1 then
    redis.call('HINCRBY', K.TRICK_COUNTS, (given[i + 1] == '1' and 'up:' or 'down:') .. new, 1)
  end
end
local said = redis.call('HGETALL', K.TRICK_REPORTS .. old)
for i = 1, #said, 2 do redis.call('HSETNX', K.TRICK_REPORTS .. new, said[i], said[i + 1]) end
redis.call('HSET', K.TRICK_COUNTS, 'reports:' .. new, redis.call('HLEN', K.TRICK_REPORTS .. new))
redis.call('HINCRBY', K.TRICK_COUNTS, 'uses:' .. new, tonumber(redis.call('HGET', K.TRICK_COUNTS, 'uses:' .. old) or '0'))
for _, what in ipairs({'up:', 'down:', 'uses:', 'reports:'}) do redis.call('HDEL', K.TRICK_COUNTS, what .. old) end
local measured = redis.call('HGET', K.TRICK_MEASURED, old)
if measured and record ~= '' then redis.call('HSET', K.TRICK_MEASURED, new, measured) end
redis.call('HDEL', K.TRICK_MEASURED, old)
redis.call('DEL', from, K.TRICK_REPORTS .. old)
local before = raw and cjson.decode(raw).author
if record == '' and before then redis.call('HINCRBY', K.TRICK_COUNTS, 'has:' .. before.id, -1) end
redis.call('HSET', K.TRICKS, old, stub)
redis.call('HSET', K.TRICK_LOOKS, ARGV[8], old)
if ARGV[7] ~= ARGV[8] then redis.call('HSET', K.TRICK_LOOKS, ARGV[7], new) end
redis.call('INCR', K.TRICKS_CHANGED)
for _, key in ipairs({to, K.TRICK_REPORTS .. new, K.TRICKS, K.TRICK_LOOKS, K.TRICK_COUNTS, K.TRICKS_CHANGED}) do keep(key) end
return {'moved'}
