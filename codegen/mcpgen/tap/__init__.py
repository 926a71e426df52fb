"""`mcpgen tap`: what passes between a real client and a real server, judged while it passes.

Two processes. The first carries the bytes, and does nothing else with them but hand copies on (`feed`): over
stdio with threads that read and write (`command`), over HTTP with a connection for each of the client's
(`proxy`). The second, `watcher`, makes messages of the copies (`lines`; `connections`, `exchanges`, `talks`),
writes them down (`record`) and judges them (`judging`). So nothing that is slow, and nothing that fails,
stands in the way of the traffic: where the watcher falls behind or falls over, the bytes go on and the copies
end.

See docs/adr/0033-the-tap-carries-and-watches-in-two-processes.md.
"""
