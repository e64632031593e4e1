"""The helper module of the notebooks: which Redis, plots, exercises, doctor."""

from course.server import CourseRedis, RedisUnavailable, finish, start

__all__ = ["CourseRedis", "RedisUnavailable", "finish", "start"]
