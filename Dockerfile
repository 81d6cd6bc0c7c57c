# syntax=docker/dockerfile:1

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY api ./api
COPY workers ./workers
COPY cli ./cli
RUN npm run build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The launcher alone: where cli/main.ts is missing, it runs what was built.
COPY cli/lethe.mjs ./cli/lethe.mjs
# Files belong to root: a process that was taken over cannot change what it runs.
USER node
EXPOSE 3000
ENTRYPOINT ["node", "cli/lethe.mjs"]
CMD ["api"]
