-- A member is forgotten: tricks of theirs stay and are nobody's, their votes and reports go.
-- ARGV member, names of the tricks that are shipped
-- Returns how many tricks were theirs
local member, theirs = ARGV[1], 0
local names = {}
for i = 2, #ARGV do names[ARGV[i]] = true end
local known = redis.call('HGETALL', K.TRICKS)
for i = 1, #known, 2 do
  names[known[i]] = true
  local trick = cjson.decode(known[i + 1])
  if trick.author and trick.author.id == member then
    trick.author = nil
    redis.call('HSET', K.TRICKS, known[i], cjson.encode(trick))
    theirs = theirs + 1
  end
end
for name in pairs(names) do
  local vote = redis.call('HGET', K.TRICK_VOTES .. name, member)
  if vote then
    redis.call('HDEL', K.TRICK_VOTES .. name, member)
    redis.call('HINCRBY', K.TRICK_COUNTS, (vote == '1' and 'up:' or 'down:') .. name, -1)
  end
  if redis.call('HDEL', K.TRICK_REPORTS .. name, member) == 1 then
    redis.call('HINCRBY', K.TRICK_COUNTS, 'reports:' .. name, -1)
  end
end
redis.call('HDEL', K.TRICK_COUNTS, 'has:' .. member)
redis.call('INCR', K.TRICKS_CHANGED)
keep(K.TRICKS_CHANGED)
return theirs
