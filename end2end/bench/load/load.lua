-- One run of wrk: each request has the next key of a file. Settings are environment variables:
--
--   LOAD_KIND     me: GET /api/v1/me with the key; verify: POST /api/v1/keys/verify of the key;
--                 gate: GET /gate/bench with the key, which needs a scope
--                 proxy: GET /orders with the key, of a reverse proxy
--   LOAD_KEYS     a file with a key in each line
--   LOAD_CALLER   a file with the key that calls the verification
--   LOAD_THREADS  the number of threads; each begins at another part of the file
--   LOAD_STATUS   the status that every answer must have
--   LOAD_CHECK    every: look at each answer; counts: let wrk count the statuses from 400 on, which
--                 costs the load generator less
--
-- Prints a line `result {…}` with the counts and the latencies.

local kind = os.getenv("LOAD_KIND")
local expected = tonumber(os.getenv("LOAD_STATUS"))
local checked = os.getenv("LOAD_CHECK") == "every"
local threads = {}
local text, line, count, at
local before, after

-- Read by `done`, which runs in another state of Lua: only globals are visible there.
sent = 0
wrong = 0

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

local function read(file)
  local opened = assert(io.open(file))
  local content = opened:read("*a")
  opened:close()
  return content
end

-- A request with this key.
local function format(key, caller)
  if kind == "verify" then
    local headers = {
      ["Authorization"] = "Bearer " .. caller,
      ["Content-Type"] = "application/json",
    }
    return wrk.format("POST", "/api/v1/keys/verify", headers, '{"key":"' .. key .. '"}')
  end
  if kind == "gate" then
    local headers = { ["Authorization"] = "Bearer " .. key }
    return wrk.format("GET", "/gate/bench?scope=bench:read", headers)
  end
  if kind == "proxy" then
    return wrk.format("GET", "/orders", { ["Authorization"] = "Bearer " .. key })
  end
  return wrk.format("GET", "/api/v1/me", { ["Authorization"] = "Bearer " .. key })
end

local function look(status, _, body)
  local valid = kind ~= "verify" or body:find('"valid":true', 1, true)
  if status ~= expected or not valid then wrong = wrong + 1 end
end

-- The first thread begins before the next one is prepared, so preparing must not take long: the
-- file is not split into lines, and requests are put together when they are sent.
function init()
  text = read(os.getenv("LOAD_KEYS"))
  line = text:find("\n", 1, true)
  if not line then
    text = text .. "\n"
    line = #text
  end
  count = #text / line
  assert(count == math.floor(count), "the keys must be of the same length")
  local key = ("?"):rep(line - 1)
  local whole = format(key, read(os.getenv("LOAD_CALLER")):match("^[^\n]+"))
  local from, to = whole:find(key, 1, true)
  before, after = whole:sub(1, from - 1), whole:sub(to + 1)
  at = math.floor((number - 1) * count / tonumber(os.getenv("LOAD_THREADS")))
  -- wrk hands over the headers and the body of every answer as soon as this function exists.
  if checked then response = look end
end

function request()
  local from = at * line
  at = at + 1
  if at == count then at = 0 end
  sent = sent + 1
  return before .. text:sub(from + 1, from + line - 1) .. after
end

function done(summary, latency)
  local most = 0
  local failed = 0
  for _, thread in ipairs(threads) do
    most = math.max(most, thread:get("sent"))
    failed = failed + thread:get("wrong")
  end
  if not checked then
    failed = summary.errors.status
    if expected >= 400 then failed = summary.requests - failed end
  end
  local lost = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.timeout
  io.write(string.format(
    'result {"requests":%d,"micros":%d,"wrong":%d,"lost":%d,"most":%d,"p50":%.0f,"p99":%.0f}\n',
    summary.requests, summary.duration, failed, lost, most,
    latency:percentile(50), latency:percentile(99)))
end
