-- Sends the prepared requests of BENCH_FILE one after the other, beginning at BENCH_OFFSET.
-- With BENCH_ONCE none is sent twice: where they run out, the slice ends.
local requests, position, once = {}, 0, false

function init()
   local file = assert(io.open(os.getenv("BENCH_FILE"), "rb"))
   while true do
      local length = file:read("*n")
      if not length then break end
      file:read(1)
      requests[#requests + 1] = file:read(length)
   end
   file:close()
   position = tonumber(os.getenv("BENCH_OFFSET")) % #requests
   once = os.getenv("BENCH_ONCE") ~= ""
end

function request()
   position = position + 1
   if position > #requests then
      if once then
         wrk.thread:stop()
         position = #requests
      else
         position = 1
      end
   end
   return requests[position]
end
