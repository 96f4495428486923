"""What tests of backends need around them: clocks, servers, threads, processes."""
