#!lua flags=allow-oom
-- include reliable_queue.lua

if redis.call('PEXPIRE', lease, ARGV[2]) == 0 then redis.call('SET', lease, '', 'PX', ARGV[2]) end
