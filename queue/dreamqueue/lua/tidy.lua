-- Lanes in which no job is left are forgotten.
for _, lane in ipairs(redis.call('HKEYS', K.LANES)) do
  if redis.call('EXISTS', K.LANE .. lane) == 0 then redis.call('HDEL', K.LANES, lane) end
end
return 1
