#!lua flags=allow-oom
-- include reliable_queue.lua

local batch, count = ARGV[2], tonumber(ARGV[3])
local now = milliseconds()
put_back(processing, now, false)  -- asked again, or with one in hand: that is handed out with others

-- What has failed before comes alone: see `reserve.lua`.
local _, due = unpack(redis.call('ZRANGE', retry, 0, 0, 'WITHSCORES'))
if due and tonumber(due) <= now then return {} end

local items = redis.call('LRANGE', queue, 0, count - 1)
if #items == 0 then return items end
local reserved = {}
for place, item in ipairs(items) do
    table.insert(reserved, item)
    table.insert(reserved, write(token_in_batch(batch, place), 1, ''))
end
redis.call('ZADD', consumers, now, consumer)
redis.call('RPUSH', processing, unpack(reserved))
redis.call('LTRIM', queue, #items, -1)
return items
