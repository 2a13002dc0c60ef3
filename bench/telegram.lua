-- wrk's side of the Telegram benchmark: linked subscribers press «menu» and send this month's values, turn by turn.
-- Arguments: accounts, updates of earlier rounds, unix time of sending. Chat i is linked to account i. `sent` in the
-- result is where the next round goes on.
local threads = {}
function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  accounts, first, sent_at = tonumber(args[1]), tonumber(args[2]), tonumber(args[3])
  count = math.ceil(first / 2)
end

function request()
  local n = count * 2 + number
  local turn = math.floor(n / 2)
  local i = turn * 7919 % accounts
  local value = 5100 + math.floor(turn / accounts)
  local update = 100000000 + n
  local chat = string.format('{"id":%d,"type":"private"}', 1000000 + i)
  local from = string.format('{"id":%d,"is_bot":false,"first_name":"A"}', 1000000 + i)
  local body
  if n % 2 == 0 then
    body = string.format(
      '{"update_id":%d,"callback_query":{"id":"%d","from":%s,"chat_instance":"1","data":"menu","message":{"message_id":%d,"date":%d,"chat":%s,"text":"x"}}}',
      update, update, from, n + 1, sent_at, chat)
  else
    body = string.format(
      '{"update_id":%d,"message":{"message_id":%d,"date":%d,"chat":%s,"from":%s,"text":"%d %d"}}',
      update, n + 1, sent_at, chat, from, value, value - 3000)
  end
  count = count + 1
  return wrk.format("POST", nil, nil, body)
end

function done(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  local sent = 2 * math.max(threads[1]:get("count"), threads[2]:get("count")) - threads[1]:get("first")
  io.write(string.format('RESULT {"requests":%d,"sent":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"failed":%d}\n',
    summary.requests, sent, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed))
end
