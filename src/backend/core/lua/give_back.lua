#!lua flags=allow-oom
-- include reliable_queue.lua

if not in_hand(ARGV[2]) then return 0 end
redis.call('LMOVE', processing, queue, 'LEFT', 'LEFT')
return 1
