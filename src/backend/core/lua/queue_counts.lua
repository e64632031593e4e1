#!lua flags=no-writes,allow-oom
local queue, consumers, retry, dlq = unpack(KEYS)
local processing = 0
for _, consumer in ipairs(redis.call('ZRANGE', consumers, 0, -1)) do  -- each has one in hand at most
    processing = processing + redis.call('EXISTS', queue .. ':processing:' .. consumer)
end
local pending = redis.call('LLEN', queue) + redis.call('ZCARD', retry)
return {pending, processing, redis.call('LLEN', dlq)}
