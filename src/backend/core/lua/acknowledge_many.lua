#!lua flags=allow-oom
-- include reliable_queue.lua

local token, count, lease_ms = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local kept = redis.pcall('GET', lease)
kept = type(kept) == 'string' and kept or ''  -- absent, or of the wrong type
local last, acknowledged = string.match(kept, '^%d+ (%x+) (%d+)$')
if last == token then return 1 end  -- asked again, the answer is the same

local first = read(redis.call('LINDEX', processing, 1))
if first ~= token .. '0001' or redis.call('LLEN', processing) ~= 2 * count then return 0 end
redis.call('DEL', processing)
kept = string.format('%s %s %d', lease_ms, token, (acknowledged or 0) + count)
redis.call('SET', lease, kept, 'XX', 'KEEPTTL')
return 1
