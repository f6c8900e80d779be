-- Which job a worker takes next: the one of the lowest fair score in all lanes that it can serve, and not over
-- its scopes' running limits. One whose worker died has kept its score, so it goes before those that came later.
-- Among jobs of equal right one whose models the worker has loaded goes first: of the same band, and not later
-- by more than a window of virtual time; nobody is passed over more than a few times.
-- ARGV worker, lanes (JSON: [{name, loaded}]), claim_ms, window_ms, most_passed
-- Returns {lane, id}, or {} if there is none
local LOOK, DEEP = 32, 512
local now = clock('')
local function allowed(id)
  for _, scope in ipairs(scopes(id)) do
    local running = K.RUNNING .. scope.name
    if scope.running and redis.call('SCARD', running) >= scope.running
      and redis.call('SISMEMBER', running, id) == 0 then return false end
  end
  return true
end
local function head(lane)
  for from = 0, DEEP, LOOK do
    local found = redis.call('ZRANGE', K.LANE .. lane, from, from + LOOK - 1, 'WITHSCORES')
    for at = 1, #found, 2 do
      local id, score = found[at], tonumber(found[at + 1])
      if score > now then return nil end
      if redis.call('EXISTS', K.LEASE .. id, K.CLAIM .. id) == 0 and allowed(id) then
        return {lane = lane, id = id, score = score}
      end
    end
    if #found < 2 * LOOK then return nil end
  end
end
local first, ready
for _, lane in ipairs(cjson.decode(ARGV[2])) do
  local one = head(lane.name)
  if one then
    one.loaded = lane.loaded
    if not first or one.score < first.score then first = one end
    if one.loaded and (not ready or one.score < ready.score) then ready = one end
  end
end
if not first then return {} end
local chosen = first
if ready and not first.loaded and math.floor(ready.score / BAND) == math.floor(first.score / BAND)
  and ready.score - first.score <= tonumber(ARGV[4])
  and tonumber(redis.call('HGET', K.RECORD .. first.id, 'passed') or '0') < tonumber(ARGV[5]) then
  redis.call('HINCRBY', K.RECORD .. first.id, 'passed', 1)
  chosen = ready
end
redis.call('SET', K.CLAIM .. chosen.id, ARGV[1], 'PX', ARGV[3])
return {chosen.lane, chosen.id}
