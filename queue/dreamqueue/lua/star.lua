-- A member gives a picture a star, or takes it back. What comes within AGAIN of their last press is the same
-- press once more and changes nothing.
-- ARGV id, member, server ('' for none), "press" or "forget" (whatever it was, nothing of it is left), now, how many
--      pictures are kept on
-- Returns {"on" or "off", stars}, {"unknown", 0}, or {"early", 0} for a job that has not ended
local AGAIN, BEST = 3000, 1000
local record, stars, now = K.RECORD .. ARGV[1], K.STARS .. ARGV[1], clock(ARGV[5])
local facts = redis.call('HMGET', record, 'state', 'created')
if not facts[1] then return {'unknown', 0} end
if facts[1] ~= 'ended' then return {'early', 0} end
local last = tonumber(redis.call('HGET', stars, ARGV[2]) or '0')
local on = last > 0
if ARGV[4] == 'forget' then
  on = false
  redis.call('HDEL', stars, ARGV[2])
elseif now - math.abs(last) >= AGAIN then
  on = not on
  redis.call('HSET', stars, ARGV[2], whole(on and now or -now))
end
keep(stars)
local count = 0
for _, when in ipairs(redis.call('HVALS', stars)) do
  if tonumber(when) > 0 then count = count + 1 end
end
if count == 0 then
  redis.call('PEXPIRE', stars, AGAIN)  -- who took theirs back is nobody's matter any more
  redis.call('ZREM', K.STARRED, ARGV[1])
else
  -- below 0 it is not kept on
  local room = redis.call('ZCOUNT', K.STARRED, 0, '+inf') < tonumber(ARGV[6])
  redis.call('ZADD', K.STARRED, 'NX', whole(room and 0 or -now), ARGV[1])
end
keep(K.STARRED)
if ARGV[3] ~= '' then
  local best = K.BEST .. ARGV[3]
  if count == 0 then
    redis.call('ZREM', best, ARGV[1])
  else
    redis.call('ZADD', best, count + tonumber(facts[2] or '0') / 1e14, ARGV[1])
    redis.call('ZREMRANGEBYRANK', best, 0, -BEST - 1)
  end
  keep(best)
end
return {on and 'on' or 'off', count}
