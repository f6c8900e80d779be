-- A trick is shared or edited. Only the next version of the one that is known is taken, so no edit is lost.
-- ARGV name, record, its version, version that is shipped (0 for none), what the name looks like,
--      author ('' for none), most tricks in all, most of one author
-- Returns {'put'}, {'changed'}, {'taken', whose name it is}, {'full'} or {'enough'}
local name, record, version, looks, author = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[5], ARGV[6]
local raw = redis.call('HGET', K.TRICKS, name)
if raw == record then return {'put'} end
local known = tonumber(ARGV[4])
if raw then known = cjson.decode(raw).version or 1 end
if version ~= known + 1 then
  if version == 1 then return {'taken', name} end
  return {'changed'}
end
local other = redis.call('HGET', K.TRICK_LOOKS, looks)
if other and other ~= name then return {'taken', other} end
if not raw then
  if redis.call('HLEN', K.TRICKS) >= tonumber(ARGV[7]) then return {'full'} end
  if author ~= '' then
    local has = tonumber(redis.call('HGET', K.TRICK_COUNTS, 'has:' .. author) or '0')
    if has >= tonumber(ARGV[8]) then return {'enough'} end
    redis.call('HINCRBY', K.TRICK_COUNTS, 'has:' .. author, 1)
    keep(K.TRICK_COUNTS)
  end
end
redis.call('HSET', K.TRICKS, name, record)
redis.call('HSET', K.TRICK_LOOKS, looks, name)
redis.call('INCR', K.TRICKS_CHANGED)
for _, key in ipairs({K.TRICKS, K.TRICK_LOOKS, K.TRICKS_CHANGED}) do keep(key) end
return {'put'}
