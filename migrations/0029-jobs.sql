-- What has to be looked at, and when. BullMQ (schema `bullmq`) wakes a replica; this table says whether there is
-- still something to do, so that nothing is lost or done twice when the two disagree.
CREATE TABLE job_wakes (
  queue text NOT NULL,
  key text NOT NULL,
  -- id of the BullMQ job that serves it; every other job of the key is out of date
  arm text NOT NULL,
  -- when it is wanted; null: not again after the run that is under way
  next_at timestamptz,
  -- since when the job has been running (a replica that dies leaves it set); null: it waits
  running_since timestamptz,
  PRIMARY KEY (queue, key),
  CHECK (next_at IS NOT NULL OR running_since IS NOT NULL)
) WITH (fillfactor = 70);
