//! The corridor: the job queue, the schedule, and one file a job.

pub mod jobs;
