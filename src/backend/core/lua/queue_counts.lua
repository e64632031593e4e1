#!lua flags=no-writes,allow-oom
local queue, consumers, retry, dlq = unpack(KEYS)
local processing = 0
for _, consumer in ipairs(redis.call('ZRANGE', consumers, 0, -1)) do
    local length = redis.pcall('LLEN', queue .. ':processing:' .. consumer)
    if type(length) == 'number' then  -- else it is a key of somebody else
        processing = processing + math.ceil(length / 2)  -- an item, and behind it its reservation
    end
end
local pending = redis.call('LLEN', queue) + redis.call('ZCARD', retry)
return {pending, processing, redis.call('LLEN', dlq)}
