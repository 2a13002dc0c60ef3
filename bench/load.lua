-- wrk's side of the benchmark: every request is another SMS, with a distinct, valid reading or a word before the account.
-- Arguments: seed, accounts, how many of them to visit (spread over all), requests of earlier rounds, time of sending,
-- and the word, such as BAL.
-- Account i texts from the phone on file, so the answer says the consumption; each pass over the accounts has higher
-- values. `sent` in the result is where the next round goes on.
local threads = {}
function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  seed, accounts, visited, first, sent_at = args[1], tonumber(args[2]), tonumber(args[3]), tonumber(args[4]), args[5]
  word = args[6]
  count = math.ceil(first / 2)
end

function request()
  -- 7919 is prime to the number of accounts: a walk over all of them in no order that an index would like.
  local n = count * 2 + number
  local i = (n * 7919 % visited) * (accounts / visited)
  local value = 5100 + math.floor(n / visited)
  local text = string.format("%d %d %d %d", 1000000000 + i, 20000000 + i, value, value - 3000)
  if word then
    text = string.format("%s %d", word, 1000000000 + i)
  end
  local body = string.format('{"id":"%s-%d-%d","from":"+7914%07d","to":"+79244114455","text":"%s","sent_at":"%s"}',
    seed, number, count, i, text, sent_at)
  count = count + 1
  return wrk.format("POST", nil, nil, body)
end

function done(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  local sent = 2 * math.max(threads[1]:get("count"), threads[2]:get("count")) - threads[1]:get("first")
  io.write(string.format('RESULT {"requests":%d,"sent":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"failed":%d}\n',
    summary.requests, sent, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed))
end
