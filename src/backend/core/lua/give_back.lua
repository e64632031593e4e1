#!lua flags=allow-oom
-- include reliable_queue.lua

if not is_in_hand(ARGV[2]) then return 0 end
return put_back(processing, milliseconds(), ARGV[3] == 'counts')
