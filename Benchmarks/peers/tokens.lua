-- wrk with another token in every request and a check of every body. Tokens: the file named by TOKENS.
local requests, next = {}, 0
failed = 0  -- global: done() asks each thread for it
local threads = {}

function setup(thread) table.insert(threads, thread) end

function init()
  for token in io.lines(os.getenv("TOKENS")) do
    requests[#requests + 1] = wrk.format("POST", nil, { ["Authorization"] = "Bearer " .. token })
    if #requests == 50000 then break end
  end
end

function request()
  next = next % #requests + 1
  return requests[next]
end

function response(status, _, body)
  if status ~= 200 or not body:find('"result":"SUCCESS"', 1, true) then failed = failed + 1 end
end

function done(summary)
  local wrong = 0
  for _, thread in ipairs(threads) do wrong = wrong + thread:get("failed") end
  io.write(string.format("calls %d failed %d\n", summary.requests, wrong))
end
