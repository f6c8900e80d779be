-- What the scripts share. Times are milliseconds of Redis' own clock, so that no machine's clock matters; a
-- simulation gives another time ('' for none). What is kept for long expires when nobody came for a season.
local SEASON = 90 * 24 * 3600 * 1000
local BAND = 1e11  -- of scores; virtual time stays below it
local function clock(given)
  if given and given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function day_of(moment) return tostring(math.floor(moment / 86400000)) end
local function whole(number) return string.format('%.0f', number) end
local function keep(key) redis.call('PEXPIRE', key, SEASON) end
local function tell(news)
  redis.call('XADD', K.NEWS, 'MAXLEN', '~', '10000', '*', 'news', news)
  keep(K.NEWS)
end
local function order(text)
  redis.call('XADD', K.ORDERS, 'MAXLEN', '~', '1000', '*', 'order', text)
  keep(K.ORDERS)
end
local function scopes(id) return cjson.decode(redis.call('HGET', K.RECORD .. id, 'scopes') or '[]') end
local function virtual(score) return score % BAND end
-- A job ends, from wherever it is: its places, slots and what arq has of it are given back, and of what was
-- set aside for it on its day only what it really took stays spent.
local function close(id, ending, news, keep_ms, took_ms)
  local record = K.RECORD .. id
  local facts = redis.call('HMGET', record, 'lane', 'day', 'cost', 'state')
  for _, scope in ipairs(scopes(id)) do
    redis.call('SREM', K.HELD .. scope.name, id)
    redis.call('SREM', K.RUNNING .. scope.name, id)
    local spent = K.SPENT .. scope.name .. ':' .. facts[2]
    if took_ms ~= '' and redis.call('EXISTS', spent) == 1 then
      redis.call('INCRBY', spent, whole(tonumber(took_ms) - tonumber(facts[3])))
    end
  end
  redis.call('HSET', record, 'state', 'ended', 'ending', ending)
  redis.call('PEXPIRE', record, keep_ms)
  redis.call('ZREM', K.OPEN, id)
  redis.call('ZREM', K.WAITING, id)
  redis.call('ZREM', K.PAINTING, id)
  redis.call('ZREM', K.LANE .. facts[1], id)
  redis.call('DEL', K.PAYLOAD .. id, K.LEASE .. id, K.FRAME .. id, K.CLAIM .. id)
  tell(news)
end
