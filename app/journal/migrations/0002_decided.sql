-- Retention asks, of each list of decisions that a call leaves behind, whether another call has it.
CREATE INDEX hook_call_decided ON hook_call (decided);
