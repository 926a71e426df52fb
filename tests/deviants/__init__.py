"""Servers that are broken in one way each: mutations of a server that conforms, at least one for every rule.

deviating   what a mutation is, and the words in which mutations are written
mutations/  the mutations, by area
conforming  the server that they are mutations of
stdio, http where they take hold: on every line, on every request and reply
serving     all of them at once, over sockets
judging     one of them, judged by the real `validate`
"""
