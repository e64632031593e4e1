#!lua flags=allow-oom
-- Only what is in batches already is moved: so this may run when the memory is full.
-- include batches.lua

local answer = {}
for _, camera in ipairs(redis.call('ZRANGEBYSCORE', deadlines, '-inf', now)) do
    table.insert(answer, close(camera))
end
return answer
