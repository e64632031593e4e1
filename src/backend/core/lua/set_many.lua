#!lua
-- When the server's memory is full, this is not begun: all of the values are stored, or none.
local expire = tonumber(ARGV[#KEYS + 1])  -- seconds; 0: never
for number, key in ipairs(KEYS) do
    if expire > 0 then
        redis.call('SET', key, ARGV[number], 'EX', expire)
    else
        redis.call('SET', key, ARGV[number])
    end
end
return redis.status_reply('OK')
