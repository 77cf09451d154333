"""The sample world (示例世界): people, places, drugs and stock that exist nowhere, alike on every machine."""
