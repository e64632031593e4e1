#!lua flags=allow-oom
-- include reliable_queue.lua

-- The lease remembers what was acknowledged last: asked again, the answer is the same.
if not in_hand(ARGV[2]) then return redis.call('GET', lease) == ARGV[2] and 1 or 0 end
redis.call('HDEL', attempts, ARGV[2], ARGV[2] .. ':first_failed_at')
redis.call('SET', lease, ARGV[2], 'XX', 'KEEPTTL')
redis.call('LPOP', processing)
return 1
