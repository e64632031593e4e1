#!lua flags=allow-oom
local count = redis.call('LLEN', KEYS[1])  -- an error, if it is not a list
redis.call('DEL', KEYS[1])
return count
