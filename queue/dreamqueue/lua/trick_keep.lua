-- Tricks are still in use: what is kept of them expires a season from now, not from the last change.
-- ARGV names of the tricks that are shipped
for _, key in ipairs({K.TRICKS, K.TRICK_LOOKS, K.TRICK_COUNTS, K.TRICKS_CHANGED, K.TRICK_MEASURED}) do keep(key) end
local function both(name)
  keep(K.TRICK_VOTES .. name)
  keep(K.TRICK_REPORTS .. name)
end
for _, name in ipairs(redis.call('HKEYS', K.TRICKS)) do both(name) end
for _, name in ipairs(ARGV) do both(name) end
return 1
