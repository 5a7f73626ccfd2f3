"""The GraphQL API: a file a noun, one way to execute, HTTP and graphql-transport-ws around it."""

from graph import enums as enums
