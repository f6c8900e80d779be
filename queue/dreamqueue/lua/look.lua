-- All that a forecast needs, at one moment.
-- ARGV most (jobs that are read), now
-- Returns now; waiting as id, score, lane, cost, 1 if a moderator holds it, …; painting as id, worker, since,
-- cost, then of the newest frame when it came and its head ('' without one), …; the lanes' needs; virtual times;
-- what came lately; what is halted, as name, halt, …
local waiting, painting = {}, {}
local found = redis.call('ZRANGE', K.WAITING, 0, tonumber(ARGV[1]) - 1, 'WITHSCORES')
for at = 1, #found, 2 do
  local facts = redis.call('HMGET', K.RECORD .. found[at], 'lane', 'cost', 'held')
  for _, value in ipairs({found[at], found[at + 1], facts[1] or '', facts[2] or '', facts[3] and '1' or ''}) do
    waiting[#waiting + 1] = value
  end
end
found = redis.call('ZRANGE', K.PAINTING, 0, -1, 'WITHSCORES')
for at = 1, #found, 2 do
  local facts = redis.call('HMGET', K.RECORD .. found[at], 'worker', 'cost')
  local frame, seen, head = redis.call('XREVRANGE', K.FRAME .. found[at], '+', '-', 'COUNT', 1)[1], '', ''
  if frame then
    seen = string.match(frame[1], '^%d+')
    for field = 1, #frame[2], 2 do
      if frame[2][field] == 'head' then head = frame[2][field + 1] end
    end
  end
  for _, value in ipairs({found[at], facts[1] or '', found[at + 1], facts[2] or '', seen, head}) do
    painting[#painting + 1] = value
  end
end
local standing = {}
for name, halt in pairs(halts(clock(ARGV[2])) or {}) do
  standing[#standing + 1] = name
  standing[#standing + 1] = halt
end
return {whole(clock(ARGV[2])), waiting, painting, redis.call('HGETALL', K.LANES), redis.call('HGETALL', K.FAIR),
  redis.call('LRANGE', K.CAME, 0, -1), standing}
