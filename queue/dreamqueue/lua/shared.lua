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
-- The scope whose running limit keeps a job from being begun, if there is one.
local function blocking(id)
  for _, scope in ipairs(scopes(id)) do
    if scope.running and redis.call('SCARD', K.RUNNING .. scope.name) >= scope.running
      and redis.call('SISMEMBER', K.RUNNING .. scope.name, id) == 0 then return scope.name end
  end
end
-- Jobs that a scope's running limit kept back lie apart, so that whoever picks need not pass them one by one.
local function park(id, scope, lane, score)
  redis.call('ZADD', K.PARKED .. scope, score, id)
  keep(K.PARKED .. scope)
  redis.call('ZREM', K.LANE .. lane, id)
end
local function unpark(scope, most)
  local found = redis.call('ZPOPMIN', K.PARKED .. scope, most)
  for at = 1, #found, 2 do
    local facts = redis.call('HMGET', K.RECORD .. found[at], 'state', 'lane', 'score', 'needs')
    if facts[1] == 'waiting' then
      redis.call('HSETNX', K.LANES, facts[2], facts[4])
      redis.call('ZADD', K.LANE .. facts[2], facts[3], found[at])
      keep(K.LANE .. facts[2])
    end
  end
end
-- From when until when, at the latest now, a halt stood, in seconds; nil if that cannot be read.
local function stood(raw, now)
  local readable, halt = pcall(cjson.decode, raw)
  if not readable or type(halt) ~= 'table' or type(halt['since']) ~= 'number' then return nil end
  return halt['since'], type(halt['until']) == 'number' and math.min(halt['until'], now / 1000) or now / 1000
end
-- A halt is over: for so long jobs could not be begun, which does not count as time that they waited for a worker.
local function halt_over(what, raw, now)
  local since, ends = stood(raw, now)
  if not since then return end
  redis.call('LPUSH', K.HALTED, cjson.encode({what = what, since = since, ['until'] = ends}))
  redis.call('LTRIM', K.HALTED, 0, 255)
  keep(K.HALTED)
end
-- What moderators have halted, by name; nil if nothing is. What has run out, or is no halt, is forgotten; the rest is kept as
-- long as anybody looks, and its life is not written anew more than once a day.
local function halts(now)
  local found, names = redis.call('HGETALL', K.HALTS), nil
  for at = 1, #found, 2 do
    local readable, halt = pcall(cjson.decode, found[at + 1])
    local ends = readable and type(halt) == 'table' and halt['until']
    if ends == false or type(ends) == 'number' and ends * 1000 <= now then
      redis.call('HDEL', K.HALTS, found[at])
      halt_over(found[at], found[at + 1], now)
    else
      names = names or {}
      names[found[at]] = found[at + 1]
    end
  end
  if names and redis.call('PTTL', K.HALTS) < SEASON - 86400000 then keep(K.HALTS) end
  return names
end
-- Whether they keep a worker from beginning a job of a lane
local function halted(names, worker, lane)
  if not names then return false end
  if names['all'] or names['worker:' .. worker] or names['lane:' .. lane] then return true end
  local needs = redis.call('HGET', K.LANES, lane)
  return needs and names['backend:' .. cjson.decode(needs).backend] ~= nil
end
-- A job that was held aside has the place again that its fair score gives. For how long it was held is noted.
local function release(id)
  local record, now = K.RECORD .. id, clock('')
  local facts = redis.call('HMGET', record, 'state', 'lane', 'score', 'needs', 'held', 'rests')
  redis.call('ZREM', K.ASIDE, id)
  if redis.call('HDEL', record, 'held') == 0 then return 0 end
  local since, ends = stood(facts[5], now)
  if since then
    local rest = cjson.encode({since, ends})
    redis.call('HSET', record, 'rests', facts[6] and facts[6] .. ',' .. rest or rest)
  end
  if facts[1] ~= 'waiting' then return 0 end
  redis.call('HSETNX', K.LANES, facts[2], facts[4])
  redis.call('ZADD', K.LANE .. facts[2], facts[3], id)
  for _, key in ipairs({K.LANES, K.LANE .. facts[2]}) do keep(key) end
  return 1
end
-- Names in the album of all that a job begins with or has left behind. Equal pictures have one name.
local function blobs(id)
  local fields, names = redis.call('HGETALL', K.RECORD .. id), {}
  local function list(found) return type(found) == 'table' and found or {} end
  local function read(json)
    local readable, found = pcall(cjson.decode, json)
    return list(readable and found)
  end
  local function add(...)
    for _, name in pairs({...}) do
      if type(name) == 'string' and name ~= '' then names[name] = true end
    end
  end
  for at = 1, #fields, 2 do
    local field, value = fields[at], fields[at + 1]
    if string.sub(field, 1, 5) == 'kept:' then
      add(value)
    elseif field == 'job' then
      local job = read(value)
      local recipe = list(job.recipe)
      add(job.state, recipe.image)
      for _, target in pairs(list(recipe.targets)) do add(list(target).key) end
    elseif field == 'ending' then
      local ending = read(value)
      local shown = {ending, unpack(list(ending.parts))}
      add(ending.animation, ending.state)
      for _, one in pairs(shown) do
        add(list(one).picture)
        for _, name in pairs(list(list(one).extras)) do add(name) end
      end
    end
  end
  return names
end
-- A job needs these for so long; what another needs for longer stays so.
local function need(id, names, for_ms)
  for name in pairs(names) do
    local uses = K.USES .. name
    local left = redis.call('PTTL', uses)
    redis.call('SADD', uses, id)
    redis.call('PEXPIRE', uses, whole(math.max(left, for_ms)))
  end
end
local function virtual(score) return score % BAND end
local function fair(field) return tonumber(redis.call('HGET', K.FAIR, field) or '0') end
-- Virtual time at which the next waiting job of a lane starts, if one waits near its head.
local function next_start(lane)
  for _, id in ipairs(redis.call('ZRANGE', K.LANE .. lane, 0, 63)) do
    local score = redis.call('ZSCORE', K.WAITING, id)
    if score then return virtual(tonumber(score)) end
  end
end
-- A job ends, from wherever it is: its places, slots and what arq has of it are given back, and of what was
-- set aside for it on its day only what it really took stays spent.
local function close(id, ending, news, keep_ms, took_ms)
  local record = K.RECORD .. id
  local facts = redis.call('HMGET', record, 'lane', 'day', 'cost', 'state')
  for _, scope in ipairs(scopes(id)) do
    redis.call('SREM', K.HELD .. scope.name, id)
    redis.call('SREM', K.RUNNING .. scope.name, id)
    redis.call('ZREM', K.PARKED .. scope.name, id)
    unpark(scope.name, 2)
    local spent = K.SPENT .. scope.name .. ':' .. facts[2]
    if took_ms ~= '' and redis.call('EXISTS', spent) == 1 then
      redis.call('INCRBY', spent, whole(tonumber(took_ms) - tonumber(facts[3])))
    end
  end
  redis.call('HSET', record, 'state', 'ended', 'ending', ending)
  redis.call('PEXPIRE', record, keep_ms)
  need(id, blobs(id), keep_ms)
  redis.call('ZREM', K.OPEN, id)
  redis.call('ZREM', K.WAITING, id)
  redis.call('ZREM', K.ASIDE, id)
  redis.call('ZREM', K.PAINTING, id)
  redis.call('ZREM', K.LANE .. facts[1], id)
  redis.call('DEL', K.PAYLOAD .. id, K.LEASE .. id, K.FRAME .. id, K.CLAIM .. id)
  local rate = K.RATE .. math.floor(clock('') / 60000)
  redis.call('HINCRBY', rate, cjson.decode(ending).kind, 1)
  redis.call('EXPIRE', rate, 7200)
  tell(news)
end
local function says(reply, field, number) return reply and string.find(reply, '"' .. field .. '":' .. number .. '[,}]') end
-- Whether a job is of all, a member, a channel, a lane, a backend, or is being painted by a worker; and was asked
-- for on a server, unless that is ''.
local function belongs(id, kind, name, server)
  local facts = redis.call('HMGET', K.RECORD .. id, 'lane', 'needs', 'scopes', 'reply', 'worker', 'state')
  if not facts[1] or server ~= '' and not says(facts[4], 'server', server) then return false end
  if kind == 'all' then return true end
  if kind == 'lane' then return facts[1] == name end
  if kind == 'backend' then return cjson.decode(facts[2]).backend == name end
  if kind == 'worker' then return facts[6] == 'painting' and facts[5] == name end
  if kind == 'channel' then return says(facts[4], 'channel', name) end
  for _, scope in ipairs(cjson.decode(facts[3])) do
    if scope.name == kind .. ':' .. name then return true end
  end
  return false
end
-- The parent of a job, by its record's JSON; nil if it has none.
local function parent_of(job)
  local parent = cjson.decode(job).parent
  return type(parent) == 'string' and parent or nil
end
-- A job came of another one.
local function came_of(job, id)
  local parent = parent_of(job)
  if not parent then return end
  redis.call('SADD', K.CHILDREN .. parent, id)
  keep(K.CHILDREN .. parent)
end
-- A member asked for a job: their newest thousand are remembered.
local function owned(member, id, created)
  redis.call('ZADD', K.JOBS .. member, created, id)
  redis.call('ZREMRANGEBYRANK', K.JOBS .. member, 0, -1001)
  keep(K.JOBS .. member)
end
