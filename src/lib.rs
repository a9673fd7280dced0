//! Aludel turns the biology literature, as it appears, into verified, evidence-grounded questions.
//!
//! The modules are the rooms an article walks through, in order; ARCHITECTURE.md is the tour.

pub mod clock;
pub mod interval;
pub mod model;
pub mod text;

pub mod source;
pub mod fetch;
pub mod llm;
pub mod document;
pub mod question;
pub mod grade;
pub mod verify;
pub mod topic;
pub mod drift;
pub mod review;
pub mod release;
pub mod refresh;
pub mod store;
pub mod index;
pub mod worker;
pub mod web;
pub mod simulate;

pub mod telemetry;
pub mod config;
pub mod app;
pub mod service;

pub mod cli;
