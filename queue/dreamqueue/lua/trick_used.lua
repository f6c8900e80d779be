-- A picture was painted with tricks. Each job counts once, whoever tells of it again.
-- ARGV job, names of the tricks
-- Returns 1 if it was counted, else 0
local record = K.RECORD .. ARGV[1]
if redis.call('EXISTS', record) == 0 or redis.call('HSETNX', record, 'tricks', 'counted') == 0 then return 0 end
for i = 2, #ARGV do
  local name = ARGV[i]
  local raw = redis.call('HGET', K.TRICKS, name)
  local into = raw and cjson.decode(raw).into
  redis.call('HINCRBY', K.TRICK_COUNTS, 'uses:' .. (into or name), 1)
end
redis.call('INCR', K.TRICKS_CHANGED)
for _, key in ipairs({K.TRICKS, K.TRICK_LOOKS, K.TRICK_COUNTS, K.TRICKS_CHANGED}) do
  if redis.call('EXISTS', key) == 1 then keep(key) end
end
return 1
