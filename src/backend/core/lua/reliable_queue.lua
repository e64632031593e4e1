-- What every script of a ReliableQueue begins with. `consumer` is the one that calls;
-- `processing` and `lease` are its own keys.
local queue, consumers, attempts, retry, dlq, processing, lease = unpack(KEYS)
local consumer = ARGV[1]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)  -- milliseconds

-- The item in hand, if it is the one with this digest.
local function in_hand(digest)
    local item = redis.call('LINDEX', processing, 0)
    return item and redis.sha1hex(item) == digest and item
end

-- Move all that is in a processing list to the front of the queue, in the old order.
local function return_all(from)
    local count = 0
    local item = redis.call('LMOVE', from, queue, 'RIGHT', 'LEFT')
    while item do
        redis.call('HINCRBY', attempts, redis.sha1hex(item), 1)
        count = count + 1
        item = redis.call('LMOVE', from, queue, 'RIGHT', 'LEFT')
    end
    return count
end
