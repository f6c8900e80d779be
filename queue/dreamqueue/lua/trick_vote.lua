-- A member's vote for a trick (1), against it (-1) or taken back (0); one a member, and none for one's own.
-- ARGV name, member, vote, 1 if the trick is shipped
-- Returns {'counted', up, down}, {'own'} or {'unknown'}
local name, member, vote = ARGV[1], ARGV[2], ARGV[3]
local raw = redis.call('HGET', K.TRICKS, name)
if not raw and ARGV[4] ~= '1' then return {'unknown'} end
local author = raw and cjson.decode(raw).author
if author and author.id == member then return {'own'} end
local votes = K.TRICK_VOTES .. name
local field = {['1'] = 'up:' .. name, ['-1'] = 'down:' .. name}
local before = redis.call('HGET', votes, member)
if before and before ~= vote then redis.call('HINCRBY', K.TRICK_COUNTS, field[before], -1) end
if vote == '0' then
  redis.call('HDEL', votes, member)
elseif before ~= vote then
  redis.call('HSET', votes, member, vote)
  redis.call('HINCRBY', K.TRICK_COUNTS, field[vote], 1)
end
redis.call('INCR', K.TRICKS_CHANGED)
for _, key in ipairs({votes, K.TRICK_COUNTS, K.TRICKS_CHANGED}) do keep(key) end
local counts = redis.call('HMGET', K.TRICK_COUNTS, field['1'], field['-1'])
return {'counted', tonumber(counts[1] or '0'), tonumber(counts[2] or '0')}
