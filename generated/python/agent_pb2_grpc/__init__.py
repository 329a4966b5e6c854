"""Clients and servers of package `agent`, the first published contract, under their first name."""

from agent.agent_services_pb2_grpc import *
