#!lua flags=allow-oom
-- include reliable_queue.lua

local batch, count, lease_ms = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local kept = redis.pcall('GET', lease)
kept = type(kept) == 'string' and kept or ''  -- absent, or of the wrong type
local last, acknowledged = string.match(kept, '^%d+ (%x+) (%d+)$')
if last == batch then return 1 end  -- asked again, the answer is the same

-- It is in hand if the first item is of this batch, and there are as many, each with a reservation.
local is_in_hand_still = is_in_hand(token_in_batch(batch, 1))
    and redis.call('LLEN', processing) == 2 * count
if not is_in_hand_still then return 0 end
redis.call('DEL', processing)
kept = string.format('%s %s %d', lease_ms, batch, (acknowledged or 0) + count)
redis.call('SET', lease, kept, 'XX', 'KEEPTTL')
return 1
