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
COPY console ./console
RUN npm run build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-slim
# What a running Lethe has no use for and an intruder has: package managers, and programs that run as their owner.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-* \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
ENV NODE_ENV=production REPORTS_DIR=/var/lib/lethe/reports
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/console/dist ./console/dist
# The launcher alone: where cli/main.ts is missing, it runs what was built.
COPY cli/lethe.mjs ./cli/lethe.mjs
# A named volume that is mounted here for the first time gets the folder's owner.
RUN install -d -o node -g node -m 0700 /var/lib/lethe/reports
# All other files belong to root: a process that was taken over cannot change what it runs.
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "cli/lethe.mjs"]
CMD ["api"]
