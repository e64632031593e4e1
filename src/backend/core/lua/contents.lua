#!lua flags=no-writes,allow-oom
local queue, consumers, retry, dlq = unpack(KEYS)
local in_hand = {}
for _, consumer in ipairs(redis.call('ZRANGE', consumers, 0, -1)) do
    local items = redis.call('LRANGE', queue .. ':processing:' .. consumer, 0, -1)
    for _, item in ipairs(items) do table.insert(in_hand, item) end
end
return {redis.call('LRANGE', queue, 0, -1), in_hand,
        redis.call('ZRANGE', retry, 0, -1), redis.call('LRANGE', dlq, 0, -1)}
